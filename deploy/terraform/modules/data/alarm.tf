# A full disk stops the database. Storage grows by itself up to its limit; after that a person
# has to know.
resource "aws_cloudwatch_metric_alarm" "storage" {
  #checkov:skip=CKV_AWS_319: whom it tells is a variable; CloudWatch shows it anyway
  count = var.alarm == null ? 0 : 1

  alarm_name          = "${local.identifier}-storage"
  alarm_description   = "Less than a tenth of the database's storage is free"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = aws_db_instance.main.identifier }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = var.database.storage * local.gibibyte / 10
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "missing"
  alarm_actions       = var.alarm.topics
  ok_actions          = var.alarm.topics
}
