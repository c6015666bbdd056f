"""What checks ask for, and whether a report holds to it: data in, data out. Nothing here runs a model."""
