vcl 4.1;

# Varnish in front of the gateway: browsers by HTTP/1.1, behind something that ends TLS (hitch.conf has how).
# For Varnish 7.1 or newer; varnish.service has the parameters that go with it. To adapt: the addresses of the
# gateway. The gateway needs --trusted_proxies with the addresses that this Varnish connects from.
# ../proxies.md explains what is behind the lines.
#
# Varnish has nothing to do for event streams, and a thread to lose for each. Where you can, let them go past
# it: straight from what ends TLS to the gateway.

import std;

backend gateway {
    .host = "127.0.0.1";
    .port = "8080";
    # A gateway that does not take a connection at once is gone.
    .connect_timeout = 2s;
}

# Ready is what the gateway says itself, on its admin port. One that drains gets no new streams and keeps those
# that it has, until it has told each to leave.
backend readiness {
    .host = "127.0.0.1";
    .port = "9090";
    .probe = { .url = "/readyz"; .interval = 1s; .timeout = 1s; .window = 2; .threshold = 1; .initial = 1; }
}

sub vcl_recv {
    set req.backend_hint = gateway;
    # The browser's address is at the end of X-Forwarded-For already, which is where the gateway looks. Varnish does
    # not write Forwarded: what the browser sent would be passed on, and where the two disagree the gateway
    # believes neither.
    unset req.http.Forwarded;

    if (req.url ~ "^/(v1/events|sse)/?(\?|$)") {
        # An EventSource gives up for good on any status but 200, so while no gateway is ready the browser is told
        # to come back.
        if (!std.healthy(readiness)) {
            return (synth(750));
        }
        # Not `pass`: that would take all that a slow browser does not, many megabytes of it, and would ask
        # for gzip on behalf of a browser that did not.
        return (pipe);
    }
    # Everything else: the console, /v1/snapshot. Nothing of it is for a cache.
    return (pass);
}

sub vcl_pipe {
    # After its answer nothing more comes by this connection: a second request would go past these rules.
    set bereq.http.Connection = "close";
}

sub vcl_synth {
    if (resp.status == 750) {
        set resp.status = 200;
        set resp.reason = "OK";
        set resp.http.Content-Type = "text/event-stream";
        set resp.http.Cache-Control = "no-cache, no-transform";
        # Without these a page of another origin could not read the answer, and that too makes its EventSource give
        # up. There is nothing in it that is not for everybody.
        if (req.http.Origin) {
            set resp.http.Access-Control-Allow-Origin = req.http.Origin;
            set resp.http.Access-Control-Allow-Credentials = "true";
        }
        set resp.http.Vary = "Origin";
        # The last id that the browser saw, if it has the form of one: this answer must not change what the next
        # gateway is asked for. Otherwise the line is a comment.
        set req.http.Away-Id = ":";
        if (req.http.Last-Event-ID ~ "^[A-Za-z0-9]{1,32}-[0-9]{1,20}$") {
            set req.http.Away-Id = "id: " + req.http.Last-Event-ID;
        }
        # The first lines are as the gateway's own streams have them: they take up what a cut has left in the
        # parser of some engines. No blank line but those that end an event. A time drawn for each: not all in the
        # same second.
        set resp.body = """:
event: gateway.cut
data: {}
""" + req.http.Away-Id + """

event: gateway.bye
retry: """ + std.integer(real = std.random(1000, 5500)) + """
data: {"reason":"busy"}

""";
        return (deliver);
    }
}
