"""What a line can do with a caller, a file each."""
