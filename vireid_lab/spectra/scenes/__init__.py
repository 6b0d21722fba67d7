"""Rendered scenes in visible light and near infrared, with the true material and factor of every region."""
