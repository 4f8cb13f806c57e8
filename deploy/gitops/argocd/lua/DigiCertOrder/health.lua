-- Health of a DigiCertOrder, from status.observedGeneration and the conditions Ready, Issuing and Stalled, as kstatus
-- reads them. What waits for a person or DigiCert is Suspended. docs/gitops.md has the table.
local waits_for_people = {
  AwaitingApproval = true,
  AwaitingValidation = true,
  AwaitingPickup = true,
}

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
local issuing = conditions["Issuing"]
local stalled = conditions["Stalled"]

if obj.metadata.deletionTimestamp ~= nil then
  local message = issuing ~= nil and (issuing.reason .. ": " .. issuing.message) or "Being deleted"
  return { status = "Progressing", message = message }
end
if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not looked at this generation yet" }
end
if stalled ~= nil and stalled.status == "True" then
  return { status = "Degraded", message = stalled.reason .. ": " .. stalled.message }
end
if issuing ~= nil and issuing.reason == "Suspended" then
  return { status = "Suspended", message = "Suspended: " .. issuing.message }
end
if ready.status == "True" then
  -- The certificate serves. What is on its way, or in the way of the next one, changes the message and no more.
  if issuing ~= nil and issuing.reason ~= "Issued" then
    return { status = "Healthy", message = issuing.reason .. ": " .. issuing.message }
  end
  return { status = "Healthy", message = ready.message }
end
if waits_for_people[ready.reason] then
  return { status = "Suspended", message = ready.reason .. ": " .. ready.message }
end
return { status = "Progressing", message = ready.reason .. ": " .. ready.message }
