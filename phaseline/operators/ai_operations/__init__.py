"""What someone asks for in words, brought about: planned, shown, approved, applied, verified."""
