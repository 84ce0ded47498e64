"""First set-up: what stands on the boot partition or a stick becomes the box's configuration, network and keys."""
