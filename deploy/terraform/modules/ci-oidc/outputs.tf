output "roles" {
  description = "The ARNs of the two roles: what may deploy, and what may only look."
  value       = { for kind, role in aws_iam_role.main : kind => role.arn }
}
