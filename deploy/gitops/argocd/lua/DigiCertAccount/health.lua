-- Health of a DigiCertAccount or ClusterDigiCertAccount, from status.observedGeneration and the conditions Ready and
-- Stalled, as kstatus reads them. A Secret that is still to come is waited for. docs/gitops.md has the table.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
local stalled = conditions["Stalled"]

if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "The operator has not looked at this generation yet" }
end
if stalled ~= nil and stalled.status == "True" then
  return { status = "Degraded", message = stalled.reason .. ": " .. stalled.message }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
return { status = "Progressing", message = ready.reason .. ": " .. ready.message }
