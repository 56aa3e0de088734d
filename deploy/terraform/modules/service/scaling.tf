locals {
  metrics = {
    cpu    = { metric = "ECSServiceAverageCPUUtilization", percent = var.scaling.cpu }
    memory = { metric = "ECSServiceAverageMemoryUtilization", percent = var.scaling.memory }
  }
}

# Registering a minimum of 1 would start the bootstrap task definition at once: AWS then changes the
# count "to a value that is inside of this range". So the first deploy raises it to `min_tasks`.
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
resource "aws_appautoscaling_target" "main" {
  service_namespace  = "ecs"
  resource_id        = "service/${var.cluster.name}/${aws_ecs_service.main.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 0
  max_capacity       = var.scaling.max

  lifecycle {
    ignore_changes = [min_capacity]
  }
}

resource "aws_appautoscaling_policy" "main" {
  for_each = local.metrics

  name               = "${each.key}-${each.value.percent}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.main.service_namespace
  resource_id        = aws_appautoscaling_target.main.resource_id
  scalable_dimension = aws_appautoscaling_target.main.scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = each.value.percent
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
    }
  }
}
