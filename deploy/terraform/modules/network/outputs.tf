output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.main.id
}

output "cidr" {
  description = "The VPC's address block."
  value       = aws_vpc.main.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets with a route to the internet gateway, for the load balancer."
  value       = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  description = "Subnets without one, for databases and for tasks behind a NAT."
  value       = aws_subnet.private[*].id
}

output "task_subnet_ids" {
  description = "Where tasks run: private subnets with a NAT, public ones without (they must reach ECR)."
  value       = local.gateways == 0 ? aws_subnet.public[*].id : aws_subnet.private[*].id

  # A task that starts before its route exists cannot pull its image.
  depends_on = [aws_route_table_association.public, aws_route_table_association.private]
}

output "assign_public_ip" {
  description = "Whether a task needs a public address to reach ECR, CloudWatch and Secrets Manager."
  value       = local.gateways == 0
}
