output "name" {
  description = "The parameter's name."
  value       = aws_ssm_parameter.deploy.name
}

output "target" {
  description = "What the parameter says."
  value       = local.target
}
