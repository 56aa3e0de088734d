"""What `invoke doctor` looks at: checks as values, their verdicts, and the reads they are made of.

`deploy.diagnosis` puts them together.
"""
