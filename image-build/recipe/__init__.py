"""How the image is made: the lock, the packages, the root, the partitions, the image, and what is promised of it."""
