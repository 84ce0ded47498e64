"""What the pages cost a slow link, a patient reader and a small machine."""
