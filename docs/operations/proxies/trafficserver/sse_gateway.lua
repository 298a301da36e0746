-- What every request goes through, and what Traffic Server answers to a browser while no gateway is there: an event
-- stream that tells it to come back. An error's status can be made 200 by a plugin, but its type stays text/html, at which
-- an EventSource gives up too. So it is an answer of a server of its own: of this one, at another port.

local away_port = 8079

math.randomseed(os.time())

local function away()
  local head = { "HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Cache-Control: no-cache, no-transform" }
  -- Without these a page of another origin could not read the answer, and that too makes its EventSource give up. There
  -- is nothing in it that is not for everybody.
  local origin = ts.ctx.origin
  if origin then
    head[#head + 1] = "Access-Control-Allow-Origin: " .. origin
    head[#head + 1] = "Access-Control-Allow-Credentials: true"
  end
  head[#head + 1] = "Vary: Origin"

  -- The last id that the browser saw, if it has the form of one: this answer must not change what the next gateway is
  -- asked for.
  local id = string.match(ts.ctx.last_event_id or "", "^%w+%-%d+$")
  -- The first lines are as the gateway's own streams have them: they take up what a cut has left in the parser of some
  -- engines. No blank line but those that end an event. A time drawn for each: not all in the same second.
  ts.say(table.concat(head, "\r\n") .. "\r\n\r\n" ..
    ":\nevent: gateway.cut\ndata: {}\n" .. (id and "id: " .. id .. "\n" or "") ..
    "\nevent: gateway.bye\nretry: " .. math.random(1000, 5500) .. "\ndata: {\"reason\":\"busy\"}\n\n")
end

function do_remap()
  local request = ts.client_request
  if request.client_addr.get_incoming_port() == away_port then
    ts.ctx.origin = request.header["Origin"]
    ts.ctx.last_event_id = request.header["Last-Event-ID"]
    ts.http.intercept(away)
    return 0
  end
  -- Traffic Server does not write this one: what the browser sent would be passed on, and where it and X-Forwarded-For
  -- disagree the gateway believes neither.
  request.header["Forwarded"] = nil
  return 0
end
