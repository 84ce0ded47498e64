"""Handing a caller on: by keys and by REFER, blindly and attended."""
