"""`vireid data`: being written."""


def add_command(commands, common):
    pass
