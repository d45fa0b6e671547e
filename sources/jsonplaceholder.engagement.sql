-- Engagement by user
-- For each user: posts, the comments they received, and comments per post. Users without a post are
-- in it too, with zeros.
with commented as (
  select postId, count(*) as comments
  from jsonplaceholder.comments
  group by postId
),
engagement as (
  select p.userId, count(*) as posts, coalesce(sum(c.comments), 0) as comments
  from jsonplaceholder.posts p
  left join commented c on c.postId = p.id
  group by p.userId
)
select
  u.name,
  u.email,
  json_extract_scalar(u.company, '$.name') as company,
  cast(coalesce(e.posts, 0) as bigint) as posts,
  cast(coalesce(e.comments, 0) as bigint) as comments,
  coalesce(round(cast(e.comments as double) / e.posts, 2), 0) as comments_per_post
from jsonplaceholder.users u
left join engagement e on e.userId = u.id
order by comments desc, u.name
