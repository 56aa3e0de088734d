"""Infrastructure: Terraform's argv, its progress, its plan in words, its provider mirror."""
