locals {
  # AWS: at most 32 characters, and no hyphen at the end.
  lb_name = length(var.name) <= 32 ? var.name : "${substr(var.name, 0, 25)}-${substr(sha1(var.name), 0, 6)}"
  https   = var.certificate_arn != null
  ports   = toset(local.https ? (var.only_cloudfront ? [443] : [var.http_port, 443]) : [var.http_port])
}

# CloudFront's addresses weigh as much as 55 rules, and a security group takes 60: room for one port.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html
data "aws_ec2_managed_prefix_list" "cloudfront" {
  count = var.only_cloudfront ? 1 : 0

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

resource "aws_ecs_cluster" "main" {
  #checkov:skip=CKV_AWS_65: Container Insights costs money per metric; a variable turns it on
  name = var.name

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

# Rules are written in the groups, not as resources of their own: so Terraform also sees, and
# takes away, a rule that somebody added by hand.
resource "aws_security_group" "lb" {
  #checkov:skip=CKV_AWS_260: a public service answers on port 80, if only with a redirect
  name        = "${var.name}-lb"
  description = "Load balancer: from its clients to the tasks"
  vpc_id      = var.vpc_id

  dynamic "ingress" {
    for_each = local.ports

    content {
      description = "Clients"
      protocol    = "tcp"
      from_port   = ingress.value
      to_port     = ingress.value
      cidr_blocks = var.only_cloudfront ? [] : var.allowed_cidrs

      prefix_list_ids = data.aws_ec2_managed_prefix_list.cloudfront[*].id
    }
  }

  egress {
    description = "Tasks"
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = var.egress_cidrs
  }

  tags = { Name = "${var.name}-lb" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lb" "main" {
  #checkov:skip=CKV_AWS_91: access logs need a bucket and cost money; add `access_logs` where an audit asks
  #checkov:skip=CKV_AWS_150: a variable, which prod sets; a local cloud's has nothing to protect
  #checkov:skip=CKV2_AWS_20: it does with a certificate; without one there is nothing to redirect to
  #checkov:skip=CKV2_AWS_28: a web application firewall costs money; attach one where it is needed
  name                       = local.lb_name
  load_balancer_type         = "application"
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.lb.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
}

# What no service's rule matches is nobody's.
resource "aws_lb_listener" "http" {
  #checkov:skip=CKV_AWS_2: without a certificate there is nothing to redirect to
  #checkov:skip=CKV_AWS_103: TLS is the other listener's
  load_balancer_arn = aws_lb.main.arn
  port              = var.http_port
  protocol          = "HTTP"

  default_action {
    type = local.https ? "redirect" : "fixed-response"

    dynamic "redirect" {
      for_each = local.https ? [443] : []

      content {
        port        = redirect.value
        protocol    = "HTTPS"
        status_code = "HTTP_301"
      }
    }

    dynamic "fixed_response" {
      for_each = local.https ? [] : [404]

      content {
        content_type = "text/plain"
        message_body = "No service answers this path."
        status_code  = fixed_response.value
      }
    }
  }
}

resource "aws_lb_listener" "https" {
  count = local.https ? 1 : 0

  load_balancer_arn = aws_lb.main.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "No service answers this path."
      status_code  = 404
    }
  }
}
