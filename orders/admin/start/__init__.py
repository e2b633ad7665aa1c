"""The parts of the admin's first page: what stands on whose desk."""
