"""The HTTP edge: translates requests into calls of the domain, and its errors into problems."""
