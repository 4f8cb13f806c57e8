-- What a person may do to a DigiCertOrder from Argo CD. Only order-again costs money, and it is there for nothing but an
-- order that is over, or whose outcome stayed unknown.
local over = { OrderCanceled = true, OrderRevoked = true, OrderExpired = true, OutcomeUnknown = true }
local status = obj.status or {}
local is_over = false
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Stalled" and condition.status == "True" and over[condition.reason] then
    is_over = true
  end
end
local is_suspended = obj.spec.suspend == true
local is_leaving = obj.metadata.deletionTimestamp ~= nil

return {
  ["check"] = { ["disabled"] = is_leaving },
  ["reissue"] = { ["disabled"] = is_leaving or is_suspended or is_over or status.certificate == nil },
  ["suspend"] = { ["disabled"] = is_leaving or is_suspended },
  ["resume"] = { ["disabled"] = is_leaving or not is_suspended },
  ["order-again"] = { ["disabled"] = is_leaving or is_suspended or not is_over },
}
