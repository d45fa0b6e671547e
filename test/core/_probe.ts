import { runWorld, START_MS } from './budget-world.ts';
import { leakyBucket } from '../apis/limits.ts';
const s = leakyBucket({size:1,leakPerSecond:0.1});
const w = runWorld({allowance:{reserve:0,limits:[{kind:'leaky-bucket',size:1,leakPerSecond:0.1},{kind:'window',requests:5,periodSeconds:1}]}, serve:(t)=>{const v=s.take(t); return {allowed:v.allowed,retryAfterMs:1000,words:[{kind:'leaky-bucket',index:0,levelMilli:Math.ceil(v.level*1000),sizeMilli:1000,leakMilli:100}]}}, holders:Array.from({length:6},()=>({latencies:[[50,50]],stayMs:0,requestsPerSecond:5})), lastsMs:900_000,
 trace:(t:number,h:number,g:any,b:any)=>console.log(((t-START_MS)/1000).toFixed(1),h,g.kind,g.permits??'', ((g.readyAtMs-START_MS)/1000).toFixed(1), g.reserved?'R':'', 'leases', b.leases.map((l:any)=>l.holder.slice(-2)+':'+l.permits+(l.token?'*':'')+'@'+(l.readyAtMs-START_MS)/1000).join(' ')) } as any);
