"""The emulated account: MiniStack, and what AWS does that it leaves out and our alarms look at.

Executions end at their machine's TimeoutSeconds and are counted; a machine that is tagged
`TransitionsPerSecond` stands for an account with that quota; a table honours the throughput that
it is limited to; metrics are read out of log lines; an alarm sees its own dimensions only and is
heard if its topic lets it in; `Ref` of a secret is its ARN; named queries are provisioned; policies
can ask for conditional writes. Started like `python3 -m ministack`.
"""

import contextvars
import json
import threading
import time

from ministack.app import main
from ministack.core import iam_actions
from ministack.core.responses import error_response_json, now_iso
from ministack.services import athena, cloudwatch, cloudwatch_logs, dynamodb, secretsmanager, sqs
from ministack.services import sns, stepfunctions
from ministack.services.cloudformation import provisioners


class Drip:
    """Room for a second's worth, at least for one, refilled at a rate: a quota of AWS."""

    def __init__(self):
        self.lock = threading.Lock()
        self.free_at = 0.0

    def seconds_to_wait(self, rate, takes_anyway):
        """0 when one is there, and takes it; else how long until there is, taken only if asked."""
        with self.lock:
            now = time.monotonic()
            wait = max(0.0, self.free_at - now - (max(1, rate) - 1) / rate)
            if wait == 0 or takes_anyway:
                self.free_at = max(now, self.free_at) + 1 / rate
            return wait


def end_executions():
    """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"""
    walk, fail = stepfunctions._run_execution, stepfunctions._fail_execution
    add_event = stepfunctions._add_event

    def run(arn):
        execution = stepfunctions._executions[arn]
        machine = stepfunctions._state_machines[execution["stateMachineArn"]]
        scope = contextvars.copy_context()
        walker = threading.Thread(target=scope.run, args=(walk, arn), daemon=True)
        walker.start()
        walker.join(json.loads(machine["definition"]).get("TimeoutSeconds"))
        if execution["status"] == "RUNNING":
            time_out(execution)
        ending = execution["status"].title().replace("_", "")
        count_of_machine(execution, f"Executions{ending}")

    def time_out(execution):
        execution.update(status="TIMED_OUT", error="States.Timeout", stopDate=now_iso())
        stepfunctions._add_event(execution, "ExecutionTimedOut")
        # What `startExecution.sync` has started is stopped with its parent.
        parent = json.dumps(execution["executionArn"])
        for child in list(stepfunctions._executions.values()):
            if child["status"] == "RUNNING" and parent in child["input"]:
                stepfunctions._stop_execution({"executionArn": child["executionArn"]})

    # A walker learns late that its execution is over.
    def fail_if_running(execution, error, cause):
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)

    def add_if_running(execution, event_type, details=None):
        if execution["status"] == "RUNNING" or event_type.startswith("Execution"):
            add_event(execution, event_type, details)

    stepfunctions._run_execution = run
    stepfunctions._fail_execution = fail_if_running
    stepfunctions._add_event = add_if_running


def delay_transitions():
    """A transition above the quota waits for its turn."""
    add_event = stepfunctions._add_event
    drips = {}

    def add(execution, event_type, details=None):
        machine = execution["stateMachineArn"]
        tags = stepfunctions._tags.get(machine) or []
        rate = next((float(t["value"]) for t in tags if t["key"] == "TransitionsPerSecond"), None)
        if rate and event_type.endswith("StateEntered"):
            wait = drips.setdefault(machine, Drip()).seconds_to_wait(rate, takes_anyway=True)
            if wait > 0:
                count_of_machine(execution, "ExecutionThrottled")
                time.sleep(wait)
        return add_event(execution, event_type, details)

    stepfunctions._add_event = add


def count_of_machine(execution, metric):
    dimensions = {"StateMachineArn": execution["stateMachineArn"]}
    cloudwatch.record_metric("AWS/States", metric, 1, "Count", dimensions)


def limit_tables():
    """A limit of on-demand throughput; writes of up to 1 KB, one unit each."""
    put_item = dynamodb._put_item
    drips = {}

    def put(data):
        name = data.get("TableName", "").rsplit("/", 1)[-1]
        limits = (dynamodb._tables.get(name) or {}).get("OnDemandThroughput") or {}
        rate = limits.get("MaxWriteRequestUnits", -1)
        drip = drips.setdefault(name, Drip())
        if rate > 0 and drip.seconds_to_wait(rate, takes_anyway=False) > 0:
            dimensions = {"TableName": name}
            cloudwatch.record_metric("AWS/DynamoDB", "WriteThrottleEvents", 1, "Count", dimensions)
            return error_response_json(
                "ThrottlingException",
                "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
                400,
            )
        return put_item(data)

    dynamodb._put_item = put


def read_metrics_in_logs():
    """The embedded metric format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
    CloudWatch_Embedded_Metric_Format_Specification.html"""
    append = cloudwatch_logs._append_log_events

    def append_and_read(stream, events):
        append(stream, events)
        for event in events:
            if '"CloudWatchMetrics"' in event["message"]:
                record_embedded(json.loads(event["message"]))

    def record_embedded(line):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = {name: line[name] for name in names}
                for metric in directive["Metrics"]:
                    cloudwatch.record_metric(
                        directive["Namespace"],
                        metric["Name"],
                        line[metric["Name"]],
                        metric.get("Unit", "None"),
                        dimensions,
                    )

    cloudwatch_logs._append_log_events = append_and_read


def evaluate_alarms():
    """Whoever looks at an alarm sees what its own metric says: the data since all of its periods
    began, taken as one, so that a test need not wait for three of them."""
    describe = cloudwatch._describe_alarms

    def evaluate(alarm):
        dimensions = cloudwatch._dims_from_list(alarm.get("Dimensions") or [])
        key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
        since = time.time() - alarm["Period"] * alarm["EvaluationPeriods"]
        points = [p for p in cloudwatch._metrics.get(key) or [] if p["Timestamp"] >= since]
        if points:
            value = cloudwatch._calc_stats(points)[alarm["Statistic"]]
            assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
            change(alarm, "ALARM" if value >= alarm["Threshold"] else "OK", f"{value} in {points}")
        elif alarm.get("TreatMissingData") == "notBreaching":
            change(alarm, "OK", "no data")

    def change(alarm, state, reason):
        before = alarm["StateValue"]
        if state == before:
            return
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
        # An alarm that its topic does not let in goes nowhere, without a word.
        topics = alarm["AlarmActions"] if state == "ALARM" else alarm["OKActions"]
        if all(lets_in(topic, alarm["AlarmArn"]) for topic in topics):
            cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)

    def lets_in(topic, source):
        account = source.split(":")[4]
        return sns.topic_policy_allows(topic, "cloudwatch.amazonaws.com", source, account)

    def look(*args, **kwargs):
        for queue in sqs._queues.values():
            count_messages(queue)
        for alarm in cloudwatch._alarms.values():
            evaluate(alarm)
        return describe(*args, **kwargs)

    def count_messages(queue):
        sqs._refresh_counts(queue)
        name = "ApproximateNumberOfMessages"
        visible, dimensions = int(queue["attributes"][name]), {"QueueName": queue["name"]}
        cloudwatch.record_metric("AWS/SQS", f"{name}Visible", visible, "Count", dimensions)

    cloudwatch._evaluate_alarm = evaluate
    cloudwatch._describe_alarms = look


def provision_secrets():
    """A secret's physical id is its ARN; MiniStack keeps secrets by their names."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def name_of(arn):
        secrets = secretsmanager._secrets.items()
        return next((name for name, secret in secrets if secret["ARN"] == arn), arn)

    def as_arn(created):
        return created[1]["Arn"], created[1]

    handlers["create"] = lambda *args: as_arn(create(*args))
    handlers["update"] = lambda arn, *args, **more: as_arn(update(name_of(arn), *args, **more))
    handlers["delete"] = lambda arn, *args: delete(name_of(arn), *args)


def provision_queries():
    def create(logical_id, properties, stack_name):
        answer = athena._create_named_query(properties)
        query = json.loads(answer[2])["NamedQueryId"]
        return query, {"NamedQueryId": query}

    provisioners._RESOURCE_HANDLERS["AWS::Athena::NamedQuery"] = {
        "create": create,
        "delete": lambda query, properties: athena._delete_named_query({"NamedQueryId": query}),
    }


def know_conditional_writes():
    """S3 user guide, "Enforce conditional writes on Amazon S3 buckets"."""
    context_of = iam_actions.s3_service_context

    def with_condition(action, query_params, path="", headers=None):
        context = context_of(action, query_params, path, headers)
        if action == "s3:PutObject":
            begins_or_adds = {"uploads", "partNumber"} & set(query_params or {})
            context["s3:ObjectCreationOperation"] = "false" if begins_or_adds else "true"
            if "if-none-match" in (headers or {}):
                context["s3:if-none-match"] = headers["if-none-match"]
        return context

    iam_actions.s3_service_context = with_condition


if __name__ == "__main__":
    end_executions()
    delay_transitions()
    limit_tables()
    read_metrics_in_logs()
    evaluate_alarms()
    provision_secrets()
    provision_queries()
    know_conditional_writes()
    main()
