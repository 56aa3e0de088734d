output "name" {
  description = "The repository's name."
  value       = aws_ecr_repository.main.name
}

output "arn" {
  description = "The repository's ARN."
  value       = aws_ecr_repository.main.arn
}

output "url" {
  description = "Registry host and repository, without a tag."
  value       = aws_ecr_repository.main.repository_url
}
