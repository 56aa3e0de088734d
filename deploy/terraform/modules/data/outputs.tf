output "endpoint" {
  description = "Where the database is reached from inside of the VPC: host and port."
  value       = aws_db_instance.main.endpoint
}

output "client_security_group_id" {
  description = "The security group whose members reach the database."
  value       = aws_security_group.client.id
}
