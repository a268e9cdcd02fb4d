"""A party's MQTT link with paho-mqtt, and its words to the bench, which are JSON, one a line.

Left as paho does it by default, or tuned: no Nagle's delay, and the network loop in the main thread, so that nothing
waits for another thread.
"""
import json
import socket
import sys
import threading

import paho.mqtt.client as mqtt

QOS = 2


def say(**event):
    print(json.dumps(event), flush=True)


class Link:
    def __init__(self, party, options):
        self.options = options
        self.receivers = {}
        self.filters = []
        if hasattr(mqtt, "CallbackAPIVersion"):
            self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id=party)
        else:
            self.client = mqtt.Client(client_id=party)
        self.client.on_connect = self._connected
        self.client.on_message = self._received
        if options["tuned"]:
            self.client.on_socket_open = lambda client, data, opened: opened.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
            )
        self.ready = None
        self.awaited = 0

    def topic(self, kind):
        return "suite-0/%s/%s" % (self.options["station"], kind)

    def receive(self, kind, take, subscribed=True):
        self.receivers[self.topic(kind)] = take
        if subscribed:
            self.filters.append(self.topic(kind))

    def subscribe(self, kind):
        self.client.subscribe(self.topic(kind), QOS)

    def send(self, kind, sealed):
        self.client.publish(self.topic(kind), sealed, qos=QOS, retain=kind == "file")

    def run(self, ready):
        """Calls `ready` once everything is subscribed to, and then serves until the process is told to end."""
        self.ready = ready
        self.client.on_subscribe = self._granted
        self.client.connect(self.options["host"], self.options["port"])
        if self.options["tuned"]:
            self.client.loop_forever()
        else:
            self.client.loop_start()
            threading.Event().wait()

    def _connected(self, client, data, flags, code):
        self.awaited = len(self.filters)
        for topic in self.filters:
            client.subscribe(topic, QOS)

    def _granted(self, client, data, message, granted):
        self.awaited -= 1
        # What is subscribed to later is not waited for.
        if self.awaited == 0:
            self.ready()

    def _received(self, client, data, message):
        self.receivers[message.topic](message.payload)


def options_given():
    return json.loads(sys.argv[1])
