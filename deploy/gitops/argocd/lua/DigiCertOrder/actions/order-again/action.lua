-- The annotation names what is given up: the order that is over, or what was sent without an answer.
local status = obj.status or {}
local given_up = nil
if status.order ~= nil then
  given_up = tostring(status.order.id)
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Stalled" and condition.reason == "OutcomeUnknown" and status.intent ~= nil then
    given_up = status.intent.alternativeOrderId
  end
end
if given_up == nil then
  error("there is no order to give up")
end
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["digicert-operator.io/order-again"] = given_up
return obj
