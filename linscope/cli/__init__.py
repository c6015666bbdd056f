"""The command line: the only part that reads arguments and writes to streams."""
