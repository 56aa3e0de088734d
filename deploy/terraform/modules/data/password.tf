# Nothing here is in a plan or in the state: ephemeral values are neither, and write-only arguments
# are sent and forgotten.
# https://developer.hashicorp.com/terraform/language/manage-sensitive-data/ephemeral

locals {
  # Numbers that change when what is written must be: a write-only argument shows no difference.
  password_version = parseint(substr(sha256(aws_secretsmanager_secret_version.password.version_id), 0, 7), 16)
  url_version      = parseint(substr(sha256("${local.url_start}${local.url_end}${local.password_version}"), 0, 7), 16)

  url_start = "postgresql://${local.user}:"
  url_end   = "@${aws_db_instance.main.endpoint}/${var.database.name}?sslmode=${var.sslmode}"
}

# RDS refuses these four, and no others of ASCII's.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
ephemeral "aws_secretsmanager_random_password" "new" {
  password_length    = 40
  exclude_characters = "/@\" "
}

# Stored first and then read back: an apply that breaks off and is repeated knows one password only.
resource "aws_secretsmanager_secret" "password" {
  #checkov:skip=CKV_AWS_149: Secrets Manager's own key encrypts it; a KMS key of one's own costs money
  #checkov:skip=CKV2_AWS_57: a rotation is an apply and a deploy, so that tasks get it too
  name                    = "${var.secret}-password"
  description             = "Password of ${local.user} in the database of ${var.name}"
  recovery_window_in_days = var.disposable ? 0 : 7
}

resource "aws_secretsmanager_secret_version" "password" {
  secret_id                = aws_secretsmanager_secret.password.id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.new.random_password
  secret_string_wo_version = var.password_version

  lifecycle {
    create_before_destroy = true # else the version that is in use would be the one that goes
  }
}

ephemeral "aws_secretsmanager_secret_version" "password" {
  secret_id  = aws_secretsmanager_secret.password.id
  version_id = aws_secretsmanager_secret_version.password.version_id
}

# What a service names in its `secrets`.
resource "aws_secretsmanager_secret" "url" {
  #checkov:skip=CKV_AWS_149: Secrets Manager's own key encrypts it; a KMS key of one's own costs money
  #checkov:skip=CKV2_AWS_57: a rotation is an apply and a deploy, so that tasks get it too
  name                    = var.secret
  description             = "URL of the database of ${var.name}"
  recovery_window_in_days = var.disposable ? 0 : 7
}

resource "aws_secretsmanager_secret_version" "url" {
  secret_id                = aws_secretsmanager_secret.url.id
  secret_string_wo         = "${local.url_start}${urlencode(ephemeral.aws_secretsmanager_secret_version.password.secret_string)}${local.url_end}"
  secret_string_wo_version = local.url_version

  lifecycle {
    create_before_destroy = true # else the version that is in use would be the one that goes
  }
}
