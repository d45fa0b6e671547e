-- Daily sales by shop
-- Completed sales that were not voided, on the day they were completed in the time zone of their
-- shop. A refund is a sale with a negative total: it is counted by itself and lowers the sums of its
-- own day. Quotes, lay-aways and open sales are not in it. Net is without tax, whether prices are
-- entered with or without it; discounts are taken off already.
with completed as (
  select
    cast(
      at_timezone(
        cast(s.completeTime as timestamp with time zone),
        coalesce(nullif(h.timeZone, ''), 'UTC')
      ) as date
    ) as day,
    coalesce(h.name, concat('shop ', cast(s.shopID as varchar))) as shop,
    cast(nullif(s.calcTotal, '') as decimal(18, 6)) as total,
    coalesce(cast(nullif(s.calcTax1, '') as decimal(18, 6)), 0)
      + coalesce(cast(nullif(s.calcTax2, '') as decimal(18, 6)), 0) as tax,
    coalesce(cast(nullif(s.calcDiscount, '') as decimal(18, 6)), 0) as discount
  from lightspeed_r.sales s
  left join lightspeed_r.shops h on h.shopID = s.shopID
  where s.completed and not coalesce(s.voided, false)
)
select
  day,
  shop,
  count(case when total >= 0 then 1 end) as sales,
  count(case when total < 0 then 1 end) as refunds,
  cast(sum(total - tax) as decimal(18, 2)) as net,
  cast(sum(tax) as decimal(18, 2)) as tax,
  cast(sum(total) as decimal(18, 2)) as total,
  cast(sum(discount) as decimal(18, 2)) as discounts
from completed
group by day, shop
order by day desc, shop
