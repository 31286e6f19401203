"""The application's Services: there, discovered, healthy, and proved by a use of them."""
