"""The lessons of ``linscope explain``: one file each, one registry, told on the programs that they print."""
