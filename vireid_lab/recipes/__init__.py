"""What a method is made of: augmentation, model, losses, schedule, as presets."""
