terraform {
  required_version = ">= 1.11"

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
  s3_use_path_style           = true # no name server knows a bucket's own host name here

  # Named here too, so that a plain `terraform apply` never leaves this machine.
  endpoints {
    applicationautoscaling = var.endpoint
    cloudfront             = var.endpoint
    ec2                    = var.endpoint
    ecr                    = var.endpoint
    ecs                    = var.endpoint
    elbv2                  = var.endpoint
    iam                    = var.endpoint
    logs                   = var.endpoint
    rds                    = var.endpoint
    s3                     = var.endpoint
    secretsmanager         = var.endpoint
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
  sites           = var.sites
  database        = var.database
  url             = "http://localhost:${var.listener_port}"
  disposable      = true
  network         = { dns_hostnames = false } # nothing here looks them up: ten seconds less

  load_balancer = {
    http_port    = var.listener_port
    egress_cidrs = ["0.0.0.0/0"] # local clouds don't let go of the rule that every group starts with
  }

  # The local edge speaks plain HTTP. The tag asks it for the port that the URL names.
  cdn = {
    urls                   = { for name, port in var.site_ports : name => "http://localhost:${port}" }
    tags                   = { for name, port in var.site_ports : name => { LocalPort = tostring(port) } }
    viewer_protocol_policy = "allow-all"
    hsts_seconds           = 0
    wait_for_deployment    = false # the provider looks after 30 seconds at the earliest
  }

  # Its database speaks no TLS, writes no logs to CloudWatch, and is on a port of this machine too.
  database_settings = {
    sslmode          = "disable"
    logs             = []
    insights         = false
    password_version = var.password_version
    egress_cidrs     = ["0.0.0.0/0"]
    tags             = { LocalPort = tostring(var.database_port) }
  }

  # A rollout on a laptop should take seconds: 5 is the shortest interval that Elastic Load Balancing
  # takes, and no request of the sample service takes 2 seconds to finish. An answer may take as long
  # as the interval allows: a laptop that is busy building is slow, and its tasks are no worse for it.
  deregistration_delay = 2
  health_check = {
    interval = 5
    timeout  = 4
  }
}
