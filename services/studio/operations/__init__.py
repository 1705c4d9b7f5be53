"""What the people who run an installation ask of it, and do to it (`/v1/operations`)."""
