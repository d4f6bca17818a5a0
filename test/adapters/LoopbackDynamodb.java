// DynamoDB Local, which listens on all interfaces, on loopback only: java -cp DynamoDBLocal.jar <this> <its arguments>
import java.util.Arrays;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;

class LoopbackDynamodb {
  public static void main(String[] arguments) throws Exception {
    var local = ServerRunner.createServerFromCommandLineArgs(arguments);
    var field = Arrays.stream(local.getClass().getDeclaredFields())
        .filter(one -> one.getType() == Server.class).findFirst().orElseThrow();
    field.setAccessible(true);
    for (var connector : ((Server) field.get(local)).getConnectors()) {
      ((ServerConnector) connector).setHost("127.0.0.1");
    }
    local.start();
    local.join();
  }
}
