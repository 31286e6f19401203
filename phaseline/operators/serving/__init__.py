"""The API over HTTP, tried as a client has it."""
