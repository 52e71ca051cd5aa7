"""What is asked of Shopify's GraphQL Admin API (fields as public code asks for them, 2026; not tried). Amounts are in
the shop's own currency.

https://shopify.dev/docs/api/admin-graphql : Order, Return, Refund.
"""

from __future__ import annotations

MONEY = "{ shopMoney { amount currencyCode } }"
ORDER_FIELDS = f"""
  id name updatedAt processedAt cancelledAt closedAt displayFinancialStatus displayFulfillmentStatus note discountCodes
  totalPriceSet {MONEY} totalReceivedSet {MONEY}
  customer {{ id }}
  customerJourneySummary {{ lastVisit {{ utmParameters {{ campaign }} }} }}
  fulfillments(first: 10) {{ trackingInfo(first: 5) {{ number company }} }}
"""
ORDER_TERMS = f"""
  totalDiscountsSet {MONEY} totalShippingPriceSet {MONEY}
  lineItems(first: 100) {{ nodes {{
    sku quantity requiresShipping discountedTotalSet {MONEY} product {{ id productType }}
  }} }}
"""
"""Too dear for pages: they are told where one order is read."""
REFUND_MONEY = f"totalRefundedSet {MONEY} transactions(first: 10) {{ nodes {{ kind status }} }}"
ORDER_OF = "order { id updatedAt customer { id } }"

ORDER = f"query Order($id: ID!) {{ order(id: $id) {{ {ORDER_FIELDS} {ORDER_TERMS} }} }}"
ORDERS = f"""query Orders($first: Int!, $after: String, $query: String!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ {ORDER_FIELDS} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
AFTER_SALES = """query AfterSales($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { id refunds(first: 20) { id return { id } } returns(first: 10) { nodes { id } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
REFUND = f"""query Refund($id: ID!) {{
  refund(id: $id) {{ id updatedAt return {{ id }} {ORDER_OF} {REFUND_MONEY} }}
}}"""
RETURN = f"""query Return($id: ID!) {{
  return(id: $id) {{
    id status {ORDER_OF}
    exchangeLineItems(first: 1) {{ nodes {{ id }} }}
    refunds(first: 10) {{ nodes {{ id {REFUND_MONEY} }} }}
    reverseFulfillmentOrders(first: 5) {{ nodes {{ reverseDeliveries(first: 5) {{ nodes {{
      deliverable {{ ... on ReverseDeliveryShippingDeliverable {{ tracking {{ number }} }} }}
    }} }} }} }}
  }}
}}"""
