-- What lighttpd answers to a browser while no gateway is there: an event stream that tells it to come back.

local r = lighty.r
local head = r.resp_header
head["Content-Type"] = "text/event-stream"
head["Cache-Control"] = "no-cache, no-transform"
-- Without these a page of another origin could not read the answer, and that too makes its EventSource give
-- up. There is nothing in it that is not for everybody.
local origin = r.req_header["Origin"]
if origin then
  head["Access-Control-Allow-Origin"] = origin
  head["Access-Control-Allow-Credentials"] = "true"
end
head["Vary"] = "Origin"

-- The last id that the browser saw, if it has the form of one: this answer must not change what the next
-- gateway is asked for.
local id = string.match(r.req_header["Last-Event-ID"] or "", "^%w+%-%d+$")

-- The first lines are as the gateway's own streams have them: they take up what a cut has left in the parser of
-- some engines. No blank line but those that end an event. A time drawn for each: not all in the same second.
r.resp_body:set(":\nevent: gateway.cut\ndata: {}\n" .. (id and "id: " .. id .. "\n" or "") ..
  "\nevent: gateway.bye\nretry: " .. math.random(1000, 5500) .. "\ndata: {\"reason\":\"busy\"}\n\n")
return 200
