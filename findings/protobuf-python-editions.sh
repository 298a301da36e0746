#!/usr/bin/env bash
# An older protobuf for Python takes a schema of an edition, or refuses it, by which of its two implementations runs; and
# the one that takes it drops values that are there.
#
# The guess: a runtime that is older than editions refuses a descriptor with syntax = "editions", whichever way it is
# installed; or it takes it for proto2, and everything that is on the wire is still there.
#
# Seen: protobuf 4.21.12 of PyPI, which is from before editions. Its implementation in C (upb, the default) says "Invalid
# syntax 'editions'". Its implementation in Python (PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python, and wherever no wheel
# fits) adds the file without a word, and has rules that are neither those of the edition, nor of proto2, nor of proto3:
# it says that no field has presence, as in proto3, but writes a zero that was set explicitly into JSON, as in proto2; and
# the number 7 of an open enum, which both the edition and proto3 keep, is gone from the JSON, as in proto2. No exception,
# no warning. So a tool that inspects events with such an installation shows less than was sent.
#
# Takes Python 3.11 with venv. Exit 1: the behaviour is another one.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install protobuf==4.21.12

cat >read.py <<'PY'
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.internal import api_implementation

file = descriptor_pb2.FileDescriptorProto(name='order.proto', package='shop', syntax='editions')
kind = file.enum_type.add(name='Kind')
kind.value.add(name='KIND_UNSPECIFIED', number=0)
order = file.message_type.add(name='Order')
optional = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
order.field.add(name='count', number=1, label=optional, type=descriptor_pb2.FieldDescriptorProto.TYPE_INT32)
order.field.add(name='kind', number=2, label=optional, type=descriptor_pb2.FieldDescriptorProto.TYPE_ENUM,
                type_name='.shop.Kind')
edition_2023 = b'\x70\xe8\x07'  # FileDescriptorProto.edition = 1000, a field that this version does not know

pool = descriptor_pool.DescriptorPool()
try:
    pool.AddSerializedFile(file.SerializeToString() + edition_2023)
    descriptor = pool.FindMessageTypeByName('shop.Order')
    message = message_factory.MessageFactory(pool).GetPrototype(descriptor).FromString(b'\x08\x00\x10\x07')
    print(api_implementation.Type(), 'presence', [field.has_presence for field in descriptor.fields],
          json_format.MessageToJson(message, indent=None))
except TypeError as error:
    print(api_implementation.Type(), str(error).split(': ')[-1])
PY
{
  venv/bin/python read.py
  PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=python venv/bin/python read.py
} | tee seen
diff - seen <<'SEEN'
upb Invalid syntax 'editions'
python presence [False, False] {"count": 0}
SEEN
echo 'as it was: refused in C; in Python taken without a word, and the number 7 is lost'
