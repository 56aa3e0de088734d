locals {
  # RDS: at most 63 characters, and no two hyphens in a row.
  short      = length(var.name) <= 56 ? var.name : "${substr(var.name, 0, 49)}-${substr(sha1(var.name), 0, 6)}"
  identifier = replace(local.short, "/-+/", "-")
  gibibyte   = 1024 * 1024 * 1024
  user       = "app"

  # Memory of an instance class in GiB: AWS's sizes are the same ones in every family.
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
  class  = split(".", var.database.size)
  sizes  = { micro = 1, small = 2, medium = 4, large = 8, xlarge = 16, "2xlarge" = 32, "4xlarge" = 64, "8xlarge" = 128 }
  memory = lookup(local.sizes, local.class[2], 1) * (startswith(local.class[1], "r") ? 2 : 1)

  # What RDS takes by default, but of all the memory: said in the parameter group, so that what is
  # checked here is what the server does. Three are kept for superusers, two for RDS's own.
  # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
  max_connections = min(5000, floor(local.memory * local.gibibyte / 9531392))
  reserved        = 5

  # In a rollout the tasks of both revisions run side by side: deployment_maximum_percent is 200.
  most_tasks = 2 * var.max_tasks
  needed     = local.most_tasks * var.database.connections
}

resource "aws_db_subnet_group" "main" {
  name        = local.identifier
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.network.subnet_ids
}

# What the tasks of a service that uses the database are members of, and nothing else is. Its members
# let nobody in by it. It is here and not in the service, whose own group is there a minute later.
resource "aws_security_group" "client" {
  #checkov:skip=CKV2_AWS_5: the tasks of services that name the secret have it
  name        = "${var.name}-database-client"
  description = "Tasks of services that name the secret of the database"
  vpc_id      = var.network.vpc_id

  dynamic "egress" {
    for_each = var.network.egress_cidrs

    content {
      description = "Anywhere"
      protocol    = "-1"
      from_port   = 0
      to_port     = 0
      cidr_blocks = [egress.value]
    }
  }

  tags = { Name = "${var.name}-database-client" }

  lifecycle {
    create_before_destroy = true
  }
}

# It answers, and opens no connection of its own.
resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Database: only tasks of services that name its secret reach it"
  vpc_id      = var.network.vpc_id

  ingress {
    description     = "Tasks of services that name the secret"
    protocol        = "tcp"
    from_port       = 5432
    to_port         = 5432
    security_groups = [aws_security_group.client.id]
  }

  dynamic "egress" {
    for_each = var.network.egress_cidrs

    content {
      description = "Anywhere"
      protocol    = "-1"
      from_port   = 0
      to_port     = 0
      cidr_blocks = [egress.value]
    }
  }

  tags = { Name = "${var.name}-database" }

  lifecycle {
    create_before_destroy = true
  }
}

# Another major version has another family: the new group comes before the old one goes.
resource "aws_db_parameter_group" "main" {
  name_prefix = "${local.identifier}-"
  description = "PostgreSQL ${var.database.version} of ${var.name}"
  family      = "postgres${var.database.version}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name         = "max_connections"
    value        = tostring(local.max_connections)
    apply_method = "pending-reboot"
  }

  # What changed the schema, and what took over a second. How long a statement may take is the
  # client's to say: a migration takes longer than a request.
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000" # milliseconds
  }

  # A forgotten transaction keeps its locks, and keeps vacuum from its work.
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "60000" # milliseconds
  }

  lifecycle {
    create_before_destroy = true
  }
}

# Made before RDS does: its own would keep the lines for ever.
resource "aws_cloudwatch_log_group" "main" {
  #checkov:skip=CKV_AWS_158: CloudWatch Logs always encrypts; a KMS key of one's own costs money
  #checkov:skip=CKV_AWS_338: a month is enough to explain a slow query
  for_each = var.logs

  name              = "/aws/rds/instance/${local.identifier}/${each.key}"
  retention_in_days = 30
}

# Its id is a new one whenever the environment is: a final snapshot never meets an older one's name.
resource "terraform_data" "snapshot" {
  count = var.disposable ? 0 : 1
}

resource "aws_db_instance" "main" {
  #checkov:skip=CKV_AWS_118: enhanced monitoring costs money; Database Insights shows what queries wait for
  #checkov:skip=CKV_AWS_129: a variable, which only a local cloud empties
  #checkov:skip=CKV_AWS_133: a variable of 1 to 35 days, which checkov does not follow
  #checkov:skip=CKV_AWS_157: a variable, which prod sets; a laptop has one zone
  #checkov:skip=CKV_AWS_161: the URL has a password, which local databases know too
  #checkov:skip=CKV_AWS_293: a variable, which prod sets; a local cloud's has nothing to protect
  #checkov:skip=CKV_AWS_353: a variable, which only a local cloud turns off
  #checkov:skip=CKV_AWS_354: RDS's own key encrypts them; a KMS key of one's own costs money
  identifier     = local.identifier
  engine         = "postgres"
  engine_version = var.database.version
  instance_class = var.database.size
  db_name        = var.database.name
  username       = local.user
  port           = 5432

  password_wo         = ephemeral.aws_secretsmanager_secret_version.password.secret_string
  password_wo_version = local.password_version

  allocated_storage     = var.database.storage
  max_allocated_storage = var.growth > 1 ? min(65536, ceil(var.growth * var.database.storage)) : null
  storage_type          = "gp3"
  storage_encrypted     = true

  multi_az               = var.multi_az
  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.database.id]
  parameter_group_name   = aws_db_parameter_group.main.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  auto_minor_version_upgrade = true
  apply_immediately          = var.disposable # else in the maintenance window: some restart it

  backup_retention_period   = var.backup_days
  copy_tags_to_snapshot     = true
  delete_automated_backups  = var.disposable
  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = var.disposable
  final_snapshot_identifier = var.disposable ? null : "${local.identifier}-final-${substr(terraform_data.snapshot[0].id, 0, 8)}"

  enabled_cloudwatch_logs_exports       = var.logs
  performance_insights_enabled          = var.insights
  performance_insights_retention_period = var.insights ? 7 : null # days: as long as it is free

  tags = var.tags

  depends_on = [aws_cloudwatch_log_group.main]

  lifecycle {
    precondition {
      condition     = local.needed <= local.max_connections - local.reserved
      error_message = "A rollout runs up to ${local.most_tasks} tasks with ${var.database.connections} connections each: ${local.needed}. A ${var.database.size} takes ${local.max_connections - local.reserved}. Lower `connections` of [database] in deploy.toml and the pools' size with it, lower `max` of scaling, or take a larger size."
    }
  }
}
