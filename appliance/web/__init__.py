"""What a person sees and sets: pages for the browser."""
