output "name" {
  description = "The cluster's name."
  value       = aws_ecs_cluster.main.name
}

output "arn" {
  description = "The cluster's ARN."
  value       = aws_ecs_cluster.main.arn

  depends_on = [aws_ecs_cluster_capacity_providers.main]
}

output "listener_arn" {
  description = "The listener that services add their rules to."
  value       = local.https ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
}

output "lb_security_group_id" {
  description = "The load balancer's security group: the only one that tasks let in."
  value       = aws_security_group.lb.id
}

output "dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.main.dns_name
}
