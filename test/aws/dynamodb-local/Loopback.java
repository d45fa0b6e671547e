// Amazon's DynamoDB Local in memory, on loopback only: its own main class listens on every address
// of the machine and has no option against that. Argument: the port.

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;

class Loopback {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        var requests = new LocalDynamoDBRequestHandler(0, true, null, true, false);
        var server = new Server(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), port));
        server.setHandler(new LocalDynamoDBServerHandler(requests, null));
        server.start();
        System.out.println("listening");
        server.join();
    }
}
