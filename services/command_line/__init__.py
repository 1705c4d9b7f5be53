"""What the command `headrace` does, one file a command or two; `services/cli.py` only names them."""
