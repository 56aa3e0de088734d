data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  full_name = "${var.project}-${var.environment}-${var.name}"
  region    = data.aws_region.current.name

  # A target that was probed too early is unhealthy, and becomes healthy by so many replies in a row.
  grace_period = var.health_check.start_period + var.health_check.healthy_threshold * var.health_check.interval

  # AWS: at most 32 characters, and no hyphen at the end.
  target_group = length(local.full_name) <= 32 ? local.full_name : "${substr(local.full_name, 0, 25)}-${substr(sha1(local.full_name), 0, 6)}"

  # Rules of services don't overlap, but the one that takes the rest must come last. A number made
  # from the name stays the same when another service comes or goes.
  priority = contains(var.paths, "/*") ? 50000 : 1 + parseint(substr(sha1(var.name), 0, 8), 16) % 49000
}

resource "aws_cloudwatch_log_group" "main" {
  #checkov:skip=CKV_AWS_158: CloudWatch Logs always encrypts; a KMS key of one's own costs money
  #checkov:skip=CKV_AWS_338: a week is enough to explain a failed rollout
  name              = "/ecs/${local.full_name}"
  retention_in_days = var.log_retention_days
}

resource "aws_security_group" "task" {
  name        = "${local.full_name}-task"
  description = "Tasks of ${var.name}: only the load balancer reaches them"
  vpc_id      = var.network.vpc_id

  # Every port, because which one it is belongs to the task definition: while a rollout changes it,
  # tasks with the old and the new port serve side by side.
  ingress {
    description     = "Load balancer"
    protocol        = "tcp"
    from_port       = 0
    to_port         = 65535
    security_groups = [var.lb_security_group_id]
  }

  egress {
    #checkov:skip=CKV_AWS_382: a task reaches ECR, CloudWatch, Secrets Manager and whatever it calls
    description = "Anywhere"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "${local.full_name}-task" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb_target_group" "main" {
  #checkov:skip=CKV_AWS_378: TLS ends at the load balancer; tasks are in its VPC
  name                 = local.target_group
  vpc_id               = var.network.vpc_id
  target_type          = "ip"
  protocol             = "HTTP"
  port                 = 80 # never used: ECS registers each task with its own port
  deregistration_delay = var.deregistration_delay

  health_check {
    path                = var.health_check.path
    matcher             = var.health_check.matcher
    interval            = var.health_check.interval
    timeout             = var.health_check.timeout
    healthy_threshold   = var.health_check.healthy_threshold
    unhealthy_threshold = var.health_check.unhealthy_threshold
  }
}

resource "aws_lb_listener_rule" "main" {
  listener_arn = var.listener_arn
  priority     = local.priority

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.main.arn
  }

  condition {
    path_pattern {
      values = var.paths
    }
  }
}

# ECS wants a task definition before there is an image. This one never runs: the service starts with
# no task, and the first deploy sets both. It stays as it is, whatever deploy.toml says later.
resource "aws_ecs_task_definition" "bootstrap" {
  #checkov:skip=CKV_AWS_336: never started; what Shipway registers has a read-only root file system
  family                   = local.full_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  container_definitions = jsonencode([{
    name         = var.name
    image        = "${var.repository.url}:bootstrap"
    essential    = true
    portMappings = [{ containerPort = var.port, hostPort = var.port, protocol = "tcp" }]
  }])

  lifecycle {
    ignore_changes = [container_definitions]
  }
}

resource "aws_ecs_service" "main" {
  #checkov:skip=CKV_AWS_333: without a NAT a task needs a public address to reach ECR; its security group lets nobody in
  name                               = var.name
  cluster                            = var.cluster.arn
  task_definition                    = aws_ecs_task_definition.bootstrap.arn
  desired_count                      = 0
  launch_type                        = "FARGATE"
  propagate_tags                     = "SERVICE"
  enable_ecs_managed_tags            = true
  enable_execute_command             = true
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  health_check_grace_period_seconds  = local.grace_period

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.network.subnet_ids
    security_groups  = concat([aws_security_group.task.id], var.security_group_ids)
    assign_public_ip = var.network.assign_public_ip
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.main.arn
    container_name   = var.name
    container_port   = var.port
  }

  # ECS refuses a target group that no listener uses yet, and a role that cannot do its work yet
  # fails the first task.
  depends_on = [
    aws_lb_listener_rule.main,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.task,
  ]

  lifecycle {
    ignore_changes = [
      task_definition,               # a deploy's
      load_balancer,                 # a deploy's: it names the task definition's port
      desired_count,                 # a deploy's, then auto scaling's
      availability_zone_rebalancing, # the account's default
    ]
  }
}
