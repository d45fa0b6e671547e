-- Daily sales by outlet
-- Closed sales, on the day of the sale in the time zone of their outlet. A return is a sale with a
-- negative price: it is counted by itself and lowers the sums of its own day. Parked sales, voided
-- sales, and pending ones (lay-by, on account, to be delivered or picked up) are not in it; a pending
-- one comes in, on the day it was made, when it is closed. Net is without tax.
with closed as (
  select
    cast(
      at_timezone(
        cast(s.sale_date as timestamp with time zone),
        coalesce(nullif(o.time_zone, ''), 'UTC')
      ) as date
    ) as day,
    coalesce(o.name, s.outlet_id) as outlet,
    coalesce(cast(s.total_price as decimal(18, 6)), 0) as net,
    coalesce(cast(s.total_tax as decimal(18, 6)), 0) as tax
  from lightspeed_x.sales s
  left join lightspeed_x.outlets o on o.id = s.outlet_id
  where s.state = 'closed'
)
select
  day,
  outlet,
  count(case when net >= 0 then 1 end) as sales,
  count(case when net < 0 then 1 end) as returns,
  cast(sum(net) as decimal(18, 2)) as net,
  cast(sum(tax) as decimal(18, 2)) as tax,
  cast(sum(net + tax) as decimal(18, 2)) as total
from closed
group by day, outlet
order by day desc, outlet
