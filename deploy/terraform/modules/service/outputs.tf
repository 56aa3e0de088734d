output "target" {
  description = "What a deploy must know of this service, but for its repository and its URL."
  value = {
    service            = aws_ecs_service.main.name
    family             = aws_ecs_task_definition.bootstrap.family
    execution_role_arn = aws_iam_role.execution.arn
    task_role_arn      = aws_iam_role.task.arn
    log_group          = aws_cloudwatch_log_group.main.name
    target_group_arn   = aws_lb_target_group.main.arn
    min_tasks          = var.scaling.min
  }
}
