terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }

  # Its path comes by -backend-config: beside the local cloud's own state, in .shipway/.
  backend "local" {}
}

provider "aws" {
  region                      = var.region
  access_key                  = "test" # what every local cloud takes, and AWS refuses
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  # Named here too, so that a plain `terraform apply` never leaves this machine.
  endpoints {
    applicationautoscaling = var.endpoint
    ec2                    = var.endpoint
    ecr                    = var.endpoint
    ecs                    = var.endpoint
    elbv2                  = var.endpoint
    iam                    = var.endpoint
    logs                   = var.endpoint
    ssm                    = var.endpoint
    sts                    = var.endpoint
  }

  default_tags {
    tags = {
      Project     = var.project
      Environment = var.environment
      ManagedBy   = "terraform"
    }
  }
}

module "environment" {
  source = "../../modules/environment"

  project         = var.project
  environment     = var.environment
  services        = var.services
  default_service = var.default_service
  url             = "http://localhost:${var.listener_port}"
  disposable      = true
  network         = { dns_hostnames = false } # nothing here looks them up: ten seconds less

  load_balancer = {
    http_port    = var.listener_port
    egress_cidrs = ["0.0.0.0/0"] # local clouds don't let go of the rule that every group starts with
  }

  # The shortest that Elastic Load Balancing takes: a rollout on a laptop should take seconds.
  deregistration_delay = 5
  health_check = {
    interval            = 5
    timeout             = 2
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}
