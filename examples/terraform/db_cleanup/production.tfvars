region             = "eu-central-1"
cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/production"
vpc_id             = "vpc-0a000000000000003"
private_subnet_ids = ["subnet-0a000000000000003", "subnet-0b000000000000003"]
image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/db-cleanup:1.4"
db_host            = "db.production.example.internal"
db_secret_arn      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"
