"""The quick DynamoDB of the tests does what moto's own does."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.aws import account
from tests.support.direct_aws import over_the_wire
from tests.support.wire import ASKED_TWICE, REFUSAL, THROTTLE, faulty

TABLE = "hub-demo-pricing"
NAMES = [f"n{nth}" for nth in range(20)]
WITH_ITEM = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def key(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "x"}}


def update(pk: str, **condition: str) -> dict[str, Any]:
    """An update of twenty clauses, of which one holds only the first time, and a count."""
    sets = ", ".join(f"#{n} = if_not_exists(#{n}, :{n})" if n == "n0" else f"#{n} = :{n}" for n in NAMES)
    values = {f":{n}": {"S": f"{n} of {condition}"} for n in NAMES} | {":one": {"N": "1"}}
    names = {f"#{n}": n for n in NAMES}
    expression = {"UpdateExpression": f"SET {sets} ADD version :one", **condition}
    return {
        "TableName": TABLE,
        "Key": key(pk),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        **expression,
    }


def test_a_long_update_is_done_and_refused_as_a_short_one() -> None:
    """Each clause holds, the first value of `if_not_exists` stays, the count counts, a condition refuses."""
    with account("pricing") as session:
        client = session.client("dynamodb")
        client.update_item(**update("a"))
        client.update_item(**update("a", ConditionExpression="attribute_exists(pk)"))
        with pytest.raises(ClientError) as refused:
            client.update_item(
                **update("a", ConditionExpression="attribute_not_exists(pk)"),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        item = client.get_item(TableName=TABLE, Key=key("a"))["Item"]
    assert refused.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert refused.value.response["Item"] == item
    assert (item["version"], item["n0"]) == ({"N": "2"}, {"S": "n0 of {}"})
    assert item["n1"]["S"].endswith("'attribute_exists(pk)'}")


def test_a_transaction_is_done_whole_or_not_at_all() -> None:
    """Puts, updates and deletes together; when one is refused, the items are as they were, and it says which."""
    put = {"Put": {"TableName": TABLE, "Item": key("b")}}
    count = {
        "TableName": TABLE,
        "Key": key("a"),
        "UpdateExpression": "ADD version :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    gone = {"Delete": {"TableName": TABLE, "Key": key("c"), "ConditionExpression": "attribute_exists(pk)"}}
    with account("pricing") as session:
        client = session.client("dynamodb")
        with pytest.raises(ClientError) as cancelled:
            client.transact_write_items(TransactItems=[put, {"Update": count}, gone])
        assert client.scan(TableName=TABLE)["Items"] == []
        client.put_item(TableName=TABLE, Item=key("c"))
        client.transact_write_items(TransactItems=[put, {"Update": count}, gone])
        found = sorted(client.scan(TableName=TABLE)["Items"], key=lambda item: item["pk"]["S"])
    codes = [reason["Code"] for reason in cancelled.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ConditionalCheckFailed"]
    assert found == [{**key("a"), "version": {"N": "1"}}, key("b")]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("get_item", {"Key": key("a")}),
        ("get_item", {"Key": key("a"), "ProjectionExpression": "pk, m"}),
        ("get_item", {"Key": key("nobody")}),
        ("query", {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}, "Limit": 1}),
        ("put_item", {"Item": {**key("a"), "n": {"N": "2"}}, "ReturnValues": "ALL_OLD"}),
        ("delete_item", {"Key": key("a"), "ReturnValues": "ALL_OLD"}),
        ("update_item", {**update("a"), "ReturnValues": "ALL_NEW"}),
        ("put_item", {"Item": key("a"), "ConditionExpression": "attribute_not_exists(pk)"}),
        ("update_item", {**update("a", ConditionExpression="attribute_not_exists(pk)"), **WITH_ITEM}),
    ],
)
def test_a_call_is_answered_directly_as_over_the_wire(operation: str, request_: dict[str, Any]) -> None:
    """Binary values, numbers, maps, sets, and what isn't there."""
    item = {**key("a"), "b": {"B": b"\x00\xff"}, "m": {"M": {"B": {"L": [{"BOOL": True}, {"NULL": True}]}}}}
    answers, ways = [], []
    for way in (nullcontext, over_the_wire):
        with way(), account("pricing") as session:
            client = session.client("dynamodb")
            client.put_item(TableName=TABLE, Item={**item, "s": {"BS": [b"1"]}, "names": {"SS": ["x"]}})
            client.put_item(TableName=TABLE, Item={**key("a"), "sk": {"S": "y"}})
            try:
                answer = getattr(client, operation)(**{"TableName": TABLE, **request_})
            except ClientError as error:
                answer = {name: value for name, value in error.response.items() if name != "message"}
        ways.append(answer["ResponseMetadata"]["RequestId"] == "direct")
        answers.append({name: value for name, value in answer.items() if name != "ResponseMetadata"})
    assert answers[0] == answers[1]
    assert ways == [True, False]


def test_an_item_of_over_400_kb_is_refused_however_it_grew() -> None:
    """At once, by one attribute more, and by one that takes another's place; a smaller one in its place is let in."""
    half, whole = {"S": "x" * 200_000}, {"S": "x" * 410_000}
    refused = []
    with account("pricing") as session:
        client = session.client("dynamodb")

        def put(**attributes: Any) -> None:
            try:
                client.put_item(TableName=TABLE, Item={**key("a"), **attributes})
            except ClientError as error:
                refused.append(error.response["Error"]["Message"])

        def grow(name: str, value: Any) -> None:
            try:
                change = {"UpdateExpression": f"SET {name} = :v", "ExpressionAttributeValues": {":v": value}}
                client.update_item(TableName=TABLE, Key=key("a"), **change)
            except ClientError as error:
                refused.append(error.response["Error"]["Message"])

        put(a=whole)
        put(a=half)
        grow("a", half)
        grow("b", half)
        assert len(refused) == 1
        grow("c", half)
        grow("a", {"S": "small"})
        grow("c", half)
        assert len(refused) == 2
        item = client.get_item(TableName=TABLE, Key=key("a"))["Item"]
    assert {name: len(item[name]["S"]) for name in "abc"} == {"a": 5, "b": 200_000, "c": 200_000}


def test_messages_are_sent_taken_and_deleted_directly_as_over_the_wire() -> None:
    """What a queue answers, an empty one and one that is not there included."""
    answers, ways = [], []
    for way in (nullcontext, over_the_wire):
        with way(), account("pricing") as session:
            sqs = session.client("sqs")
            told = [sqs.get_queue_url(QueueName="bus-tap")]
            url = told[0]["QueueUrl"]
            told += [sqs.receive_message(QueueUrl=url)]
            told += [sqs.send_message(QueueUrl=url, MessageBody="一")]
            told += [
                sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "二", "DelaySeconds": 0}])
            ]
            taken = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
            handles = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(taken["Messages"])]
            told += [taken, sqs.delete_message_batch(QueueUrl=url, Entries=handles), sqs.receive_message(QueueUrl=url)]
            with pytest.raises(ClientError) as missing:
                sqs.send_message(QueueUrl=url + "-gone", MessageBody="x")
        ways.append({answer.pop("ResponseMetadata")["RequestId"] == "direct" for answer in told})
        answers.append((missing.value.response["Error"], [_without_chance(answer) for answer in told]))
    assert answers[0] == answers[1]
    assert ways == [{True}, {False}]


def _without_chance(answer: Any) -> Any:
    """An answer without what is made up anew each time: ids, handles, times."""
    if isinstance(answer, list):
        return [_without_chance(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        k: _without_chance(v) for k, v in answer.items() if k not in ("MessageId", "ReceiptHandle") and "Time" not in k
    }


COUNT = {
    "TableName": TABLE,
    "Key": key("a"),
    "UpdateExpression": "ADD version :one",
    "ExpressionAttributeValues": {":one": {"N": "1"}},
}


@pytest.mark.parametrize(
    ("kind", "refused", "counted"),
    [("", False, 1), (THROTTLE, True, 0), (REFUSAL, True, 1), (ASKED_TWICE, False, 2)],
)
def test_a_call_that_meets_a_fault_is_done_as_often_as_its_fault_says(kind: str, refused: bool, counted: int) -> None:
    """What the wire refuses is not carried out behind its back, and what it lets pass is carried out once."""
    with account("pricing", AWS_MAX_ATTEMPTS="1") as session:
        client = session.client("dynamodb")
        with faulty(0 if kind else -1, kind), pytest.raises(ClientError) if refused else nullcontext():
            client.update_item(**COUNT)
        item = client.get_item(TableName=TABLE, Key=key("a")).get("Item", {})
    assert int(item.get("version", {"N": "0"})["N"]) == counted
