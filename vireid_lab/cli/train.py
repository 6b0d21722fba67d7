"""`vireid train`: being written."""


def add_command(commands, common):
    pass
